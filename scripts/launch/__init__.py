"""One command that runs the whole product: checks, embedded queue, database, demonstration world, web and jobs."""
