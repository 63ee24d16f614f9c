// Pulumi provider for Mistral fine-tuning jobs: `pulumi up` trains, the fine-tuned model's ID is an output
package mistral
