namespace MLNet.Dispersion;

/// <summary>Low-rank adaptation (LoRA, Hu et al. 2021): the weights W of chosen layers stay as they are, and a product of two thin matrices is trained beside each, <c>W x + s B A x</c>.</summary>
/// <remarks>
/// Names and defaults are those of Hugging Face's PEFT (<c>LoraConfig</c>), whose files are read and written. A is drawn from U(-1/sqrt(in), 1/sqrt(in)), B is zero, so that an adapter begins without effect.
/// Not thread-safe while it is edited; whoever receives it takes a copy.
/// </remarks>
public sealed class LoraOptions : IOptions
{
    /// <summary>The largest <see cref="Rank"/>.</summary>
    internal const int MaxRank = 1 << 16;

    /// <summary>Gets or sets the rank r: rows of A <c>[r, in]</c> and columns of B <c>[out, r]</c>. Default 8 (PEFT). 1..65536.</summary>
    public int Rank { get; set; } = 8;

    /// <summary>Gets or sets the numerator of the scale s = alpha / r. Default 8 (PEFT). Above 0.</summary>
    public double Alpha { get; set; } = 8;

    /// <summary>Gets or sets the dropout on what enters A, in training. Default 0 (PEFT). 0..1, 1 excluded. <see cref="FineTuneOptions.Dropout"/> leaves it as it is.</summary>
    public double Dropout { get; set; }

    /// <summary>
    /// Gets or sets the layers to adapt, by the end of their names in the checkpoint: <c>c_attn</c>, <c>mlp.c_proj</c>, <c>q_proj</c>, …, or whole names such as <c>transformer.h.0.attn.c_attn</c>.
    /// Default null: PEFT's choice for the architecture (<c>c_attn</c> for GPT-2, <c>q_proj</c> and <c>v_proj</c> for Llama, Mistral, Qwen2 and Qwen3, <c>query_key_value</c> for GPT-NeoX, <c>query</c> and <c>value</c> for BERT).
    /// </summary>
    public IReadOnlyList<string>? TargetModules { get; set; }

    /// <summary>Gets or sets whether to use rank-stabilised LoRA (Kalajdzievski 2023): s = alpha / sqrt(r). Default false.</summary>
    public bool RankStabilized { get; set; }

    /// <summary>Gets or sets what files of a model that was trained with this adapter hold. Default <see cref="AdapterSaving.Everything"/>.</summary>
    [OutsideTheRun]
    public AdapterSaving Saving { get; set; } = AdapterSaving.Everything;

    /// <summary>What B A x is multiplied by.</summary>
    internal double Scale => Alpha / (RankStabilized ? Math.Sqrt(Rank) : Rank);

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public LoraOptions Clone()
    {
        var copy = (LoraOptions)MemberwiseClone();
        copy.TargetModules = TargetModules is null ? null : [.. TargetModules];
        return copy;
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(LoraOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.That(Rank is >= 1 and <= MaxRank, Rank, FormattableString.Invariant($"from 1 to {MaxRank}"));
        require.Positive(Alpha);
        require.That(Dropout is >= 0 and < 1, Dropout, "at least 0 and below 1");
        require.That(TargetModules is null or { Count: > 0 }, "empty", "at least one name, or null for the architecture's default", nameof(TargetModules));
        require.That(TargetModules?.All(name => !string.IsNullOrWhiteSpace(name)) ?? true, "blank in one entry", "names of layers, none of them blank", nameof(TargetModules));
        require.Defined(Saving);
    }

    /// <summary>Whether an adapter of these options computes the same with the same matrices, wherever it sits.</summary>
    internal bool AgreesWith(LoraOptions other) => Rank == other.Rank && Scale.Equals(other.Scale) && Dropout.Equals(other.Dropout);
}
