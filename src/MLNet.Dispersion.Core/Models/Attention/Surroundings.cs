using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>What a pass over a batch gives every block beside the state.</summary>
/// <param name="View">Where the tokens stand, and who may look at whom.</param>
/// <param name="Rotations">The tables of each kind of rotary positions.</param>
/// <param name="Slopes">The bias of each kind by distance.</param>
internal sealed record Surroundings(TokenView View, IReadOnlyDictionary<RotaryEmbedding, (Tensor Cosine, Tensor Sine)> Rotations, IReadOnlyDictionary<AlibiSpec, Tensor> Slopes);
