// One test at a time: torch's global generator, which one test watches, is shared by all threads, and tests themselves write `tensor + 0.1`,
// whose number TorchSharp 0.107.0 lets a collection on another thread free too early (the library avoids it: see TensorNumbers).
[assembly: CollectionBehavior(DisableTestParallelization = true)]
