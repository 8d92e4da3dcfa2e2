namespace MLNet.Dispersion.Models;

/// <summary>Says how a family's own head for one task is made: what it reads of the final states, the layers between, and the last one, by their names in the files.</summary>
/// <remarks>Immutable and thread-safe. The last layer of <see cref="HeadTask.MaskedTokens"/> has a row for each token and is the token embedding, unless the files hold another one.</remarks>
public sealed record HeadSpec
{
    /// <summary>Gets what the head is for.</summary>
    public required HeadTask Task { get; init; }

    /// <summary>Gets what it reads. Default: each token by itself.</summary>
    public HeadReading Reading { get; init; }

    /// <summary>Gets the layers below the last one, in their order.</summary>
    public IReadOnlyList<HeadLayer> Layers { get; init; } = [];

    /// <summary>Gets the name of the last layer in the files, such as <c>classifier</c> or <c>score</c>.</summary>
    public required string Output { get; init; }

    /// <summary>Gets a value indicating whether the last layer has a bias. Default true.</summary>
    public bool HasBias { get; init; } = true;

    /// <summary>Gets the whole name of the last layer's bias where it stands apart, such as <c>lm_head.bias</c>; null (default) where it stands beside the weight.</summary>
    public string? BiasName { get; init; }

    /// <summary>Gets the probability of dropping a feature of what goes into the last layer, in training. 0..1, 1 excluded; default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>Gets the Hugging Face class that reads the head; null (default) for the family's name and that of the task, such as <c>BertForSequenceClassification</c>.</summary>
    public string? ArchitectureName { get; init; }

    /// <summary>Gets what the files of its class put before the network's names in place of the family's own (<see cref="WeightNames.Prefix"/>), such as <c>transformer.</c> for Llama's spans; null (default) for the family's.</summary>
    public string? Prefix { get; init; }

    /// <summary>The name of the last layer's bias.</summary>
    internal string Bias => BiasName ?? Output + ".bias";

    /// <summary>The tensors that files must hold of it, in their order.</summary>
    internal IEnumerable<string> Needed
    {
        get
        {
            foreach (HeadLayer layer in Layers)
            {
                yield return layer.Name + ".weight";
                if (layer.Norm?.HasBias ?? layer.HasBias)
                {
                    yield return layer.Name + ".bias";
                }
            }

            if (Task != HeadTask.MaskedTokens)
            {
                yield return Output + ".weight";
            }

            if (HasBias)
            {
                yield return Bias;
            }
        }
    }

    /// <summary>Whether a tensor of a file, under the name that it has here, is one of the head's.</summary>
    internal bool Owns(string tensorName) => tensorName == BiasName || Layers.Select(layer => layer.Name).Append(Output).Any(layer => tensorName.StartsWith(layer + ".", StringComparison.Ordinal));
}
