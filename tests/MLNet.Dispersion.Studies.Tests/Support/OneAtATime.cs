// One class at a time: a test cuts all connections of the database that others use, too.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
