"""The command that the server runs: `python train.py FOLDER [--ray-workers N]`, from wherever it is."""

import sys

from mistral_recipe.__main__ import main

sys.exit(main())
