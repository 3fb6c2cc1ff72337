"""The pages of people who take part, of sign-in, and for everybody."""
