export const HELP = `Usage: pulumi-mistral <command>

check FILE... [options]

Checks every sample of the training data in constant memory.

  --validation FILE  validation data; can be repeated
  --targets FILE     check classifier data; FILE is JSON with the job's classifierTargets:
                     [{"name", "labels", "lossFunction"?}]
  --seq-len N        warn about samples with more than N tokens (estimated at 4 characters per token)
  --skip SHARE       accept this share of invalid samples, 0 to 0.5 (invalidSampleSkipPercentage)
  --show N           print the first N valid samples, and mark the text that counts for the loss
  --model NAME       with --show: print the exact text of the tokens of this base model. The server is asked: set
                     MISTRAL_BASE_URL and, if the server needs a key, MISTRAL_API_KEY
  --json             print the result as JSON

  Exit codes: 0 = valid (there may be warnings), 1 = invalid, 2 = wrong usage

diff OLD NEW [options]

Compares two data files sample by sample, in constant memory. OLD and NEW can be pipes: <(git show main:train.jsonl)

  --validation FILE  report samples of NEW that are also in this validation data; can be repeated
  --limit N          show at most N added, N removed and N changed samples; default 10
  --summary          show no samples, only totals and warnings
  --markdown         print Markdown, for a comment on a pull request
  --json             print the result as JSON

  Exit codes: 0 = compared, 1 = a file cannot be read, 2 = wrong usage

plot JOB... [options]

Draws the losses of jobs by step: training and validation loss of one job, the training losses of several. The server is asked:
set MISTRAL_BASE_URL and, if the server needs a key, MISTRAL_API_KEY. A server that keeps no metrics has the checkpoints.

  --metric NAME      draw this metric instead, such as valid_loss, learning_rate or tokens_per_second; can be repeated
  --log              use a logarithmic y-axis
  --svg FILE         write an SVG image instead
  --width N          width of the chart in characters; default: the terminal's width, or 80
  --height N         height of the chart in characters; default 16

  Exit codes: 0 = drawn, 1 = nothing to draw, or the job cannot be read, 2 = wrong usage

compare JOB JOB... [options]

Prints declarations and figures of jobs side by side, with the differences first. The server is asked, as for plot.

  --markdown         print Markdown, for a comment on a pull request
  --json             print the result as JSON

  Exit codes: 0 = compared, 1 = a job cannot be read, 2 = wrong usage`;
