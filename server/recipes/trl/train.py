"""The command that the server runs: `python train.py FOLDER [--ray-workers N]`; `python train.py show` shows data."""

import sys

from mistral_recipe.__main__ import main

sys.exit(main())
