using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Where the texts lie that share rows, none of which sees another.</summary>
/// <param name="Numbers">Which text of its row each token belongs to, from 0, <c>[B, L]</c>, int64; -1 for pads.</param>
/// <param name="Places">Each token's place in its text, from 0, alike; 0 for pads.</param>
internal sealed record PackedTexts(Tensor Numbers, Tensor Places);
