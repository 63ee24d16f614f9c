"""The training program: `python train.py FOLDER [--ray-workers N]`. `train.py show` shows a data file's tokens."""

import sys

from mistral_recipe.__main__ import main

sys.exit(main())
