"""Pure decisions about money: what a payment takes and covers, where it may go."""
