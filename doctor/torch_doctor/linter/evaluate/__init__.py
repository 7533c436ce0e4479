"""What follows from what files say: included lists, the build of torch that is taken, what a base image holds."""
