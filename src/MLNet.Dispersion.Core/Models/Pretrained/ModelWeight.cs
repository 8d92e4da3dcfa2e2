using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>One weight of a network as files hold it.</summary>
/// <param name="Name">Its name in the network, which is that of Hugging Face's files.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Values">Gives its values, float32, where they are asked for: an adapter is merged into them. In the caller's dispose scope, and not to be changed.</param>
public sealed record ModelWeight(string Name, IReadOnlyList<long> Shape, Func<Tensor> Values);
