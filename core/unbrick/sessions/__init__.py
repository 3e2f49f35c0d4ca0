"""The sessions of every client on this machine: found, described from the ends of their files, judged, remembered."""
