"""The peers measured beside Waymark, each in a good configuration and with what it loses named."""
