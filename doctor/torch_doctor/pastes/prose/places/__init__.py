"""Words for where a program ran: its system, its container, its scheduler."""
