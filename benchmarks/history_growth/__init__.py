"""What a batch costs when the history it goes into is ten and a hundred times as long."""
