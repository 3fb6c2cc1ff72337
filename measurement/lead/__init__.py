"""The pages with which leads set up and run a trial."""
