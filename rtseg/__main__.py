from rtseg.commands import main

raise SystemExit(main())
