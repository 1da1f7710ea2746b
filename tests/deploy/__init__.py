"""What installs and starts Contrefeu outside of a checkout."""
