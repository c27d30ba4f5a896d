"""``python main.py ...`` is ``rtseg ...``."""

from rtseg.commands import main

raise SystemExit(main())
