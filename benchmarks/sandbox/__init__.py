"""How large a company the ConnectWise sandbox can make and serve, and how fast."""
