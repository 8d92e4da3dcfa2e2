namespace MLNet.Dispersion.Models;

/// <summary>What a tensor of an adapter's file is, by its name.</summary>
internal enum PeftPart
{
    /// <summary>A of a linear layer.</summary>
    Down,

    /// <summary>B of a linear layer.</summary>
    Up,

    /// <summary>What is added to the product with B.</summary>
    UpBias,

    /// <summary>DoRA's lengths.</summary>
    Magnitude,

    /// <summary>A of a table of embeddings.</summary>
    TableDown,

    /// <summary>B of a table of embeddings.</summary>
    TableUp,

    /// <summary>New rows of a table of embeddings.</summary>
    Rows,

    /// <summary>The weight of the base beside which an update stands.</summary>
    BaseWeight,

    /// <summary>The bias of the base in an adapted layer.</summary>
    BaseBias,

    /// <summary>A tensor of a module that is kept whole, once more.</summary>
    Copy,

    /// <summary>A tensor of a module that is kept whole, as it was before training.</summary>
    Former,

    /// <summary>A whole tensor under its plain name.</summary>
    Whole,
}

/// <summary>A tensor's name, taken apart.</summary>
/// <param name="Module">The module as the file calls it.</param>
/// <param name="Part">What of it.</param>
/// <param name="Parameter">The parameter's own name, such as <c>weight</c>, for whole tensors, copies and former ones; else empty.</param>
internal readonly record struct PeftTensorName(string Module, PeftPart Part, string Parameter = "")
{
    internal const string Prefix = "base_model.model.";
    internal const string Down = ".lora_A.weight";
    internal const string Up = ".lora_B.weight";
    internal const string Magnitude = ".lora_magnitude_vector";
    internal const string TableDown = ".lora_embedding_A";
    internal const string TableUp = ".lora_embedding_B";
    internal const string Rows = ".token_adapter.trainable_tokens_delta";
    internal const string BaseWeight = ".base_layer.weight";
    internal const string BaseBias = ".base_layer.bias";
    internal const string Copy = ".modules_to_save.";
    internal const string Former = ".original_module.";

    private static readonly (string Ending, PeftPart Part)[] Endings =
    [
        (Down, PeftPart.Down), (Up, PeftPart.Up), (".lora_B.bias", PeftPart.UpBias), (Magnitude, PeftPart.Magnitude), (Magnitude + ".weight", PeftPart.Magnitude),
        (TableDown, PeftPart.TableDown), (TableUp, PeftPart.TableUp), (Rows, PeftPart.Rows), (BaseWeight, PeftPart.BaseWeight), (BaseBias, PeftPart.BaseBias),
    ];

    /// <summary>The plain name of the tensor that a whole one, a copy or a former one is of.</summary>
    internal string Plain => $"{Module}.{Parameter}";

    /// <summary>Takes a name apart; null where it is none of an adapter's.</summary>
    internal static PeftTensorName? Parse(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        string rest = name[Prefix.Length..];
        foreach (var (ending, part) in Endings)
        {
            if (rest.EndsWith(ending, StringComparison.Ordinal))
            {
                return rest.Length > ending.Length ? new PeftTensorName(rest[..^ending.Length], part) : null;
            }
        }

        int point = rest.LastIndexOf('.');
        if (rest.Contains(".lora_", StringComparison.Ordinal) || point <= 0 || point == rest.Length - 1)
        {
            return null;
        }

        foreach (var (infix, part) in ((string, PeftPart)[])[(Copy, PeftPart.Copy), (Former, PeftPart.Former)])
        {
            int at = rest.IndexOf(infix, StringComparison.Ordinal);
            if (at > 0)
            {
                // Below a module of several layers the rest is a path: classifier.modules_to_save.dense.bias.
                string[] path = rest[(at + infix.Length)..].Split('.');
                return new PeftTensorName(string.Join('.', [rest[..at], .. path[..^1]]), part, path[^1]);
            }
        }

        return new PeftTensorName(rest[..point], PeftPart.Whole, rest[(point + 1)..]);
    }
}
