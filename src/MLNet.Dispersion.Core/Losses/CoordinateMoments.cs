using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Holds mean and standard deviation of each coordinate of one layer's hidden states. Whoever makes it disposes the tensors.</summary>
/// <param name="Mean"><c>[F]</c>, of any floating-point type, without gradient.</param>
/// <param name="Deviation"><c>[F]</c>, at least 0; a coordinate of deviation 0 is not scaled.</param>
public sealed record CoordinateMoments(Tensor Mean, Tensor Deviation);
