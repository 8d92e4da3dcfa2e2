namespace MLNet.Dispersion.Onnx;

/// <summary>A tensor of a graph, by its name.</summary>
/// <param name="Name">Its name, which no other has.</param>
internal readonly record struct Value(string Name);
