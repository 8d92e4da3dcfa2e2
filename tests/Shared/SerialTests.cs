// One test at a time: TorchSharp 0.107.0 lets the garbage collector free a number operand (a Scalar made from a double) while the native call
// still reads it. A collection that another thread starts in that moment gives a wrong value or an ExternalException; with one thread allocating,
// none can start there. Torch's global generator, which one test watches, is shared by all threads as well.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
