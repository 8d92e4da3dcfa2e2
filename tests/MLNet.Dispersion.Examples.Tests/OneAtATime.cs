// The examples are run in this process, and the console that they share shows one progress bar at a time: a second one is refused.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
