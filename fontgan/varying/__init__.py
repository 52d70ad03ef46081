"""How a hand's drawings of one character differ: nobody writes it twice alike."""
