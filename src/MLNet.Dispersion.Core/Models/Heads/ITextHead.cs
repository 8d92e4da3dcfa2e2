using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>What makes numbers of a text's final hidden states.</summary>
internal interface ITextHead : IDisposable
{
    /// <summary>Numbers a text (K).</summary>
    int OutputCount { get; }

    /// <summary>How a text's tokens become the vector that is read.</summary>
    TextPooling Pooling { get; }

    /// <summary>Makes the vector of a text.</summary>
    TextPooler Pooler { get; }

    /// <summary>The family's own head, which lies among the model's weights; null for any other.</summary>
    PretrainedHead? Own { get; }

    /// <summary>All that is trained of it.</summary>
    IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>What is saved of it beside the model's weights, by name.</summary>
    IReadOnlyList<KeyValuePair<string, Tensor>> Saved { get; }

    /// <summary>Pools the states of each text and computes its numbers.</summary>
    /// <param name="backbone">Whose states they are.</param>
    /// <param name="lastHiddenState"><c>[B, L, F]</c>, float32.</param>
    /// <param name="lengths">Real tokens of each row, padding on the right.</param>
    /// <returns><c>[B, K]</c>, float32, in the caller's dispose scope.</returns>
    Tensor Outputs(LanguageBackbone backbone, Tensor lastHiddenState, IReadOnlyList<int> lengths);
}
