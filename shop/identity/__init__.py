"""How a person proves who they are: pieces that shoppers' accounts and staff share. It owns no table of people."""
