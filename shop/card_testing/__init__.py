"""Defence against card testing (クレジットマスター): who may try a card, told from declines and from rates."""
