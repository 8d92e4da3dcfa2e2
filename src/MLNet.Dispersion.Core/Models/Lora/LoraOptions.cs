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
    /// Tables of embeddings (<c>embed_tokens</c>, <c>wte</c>) and the head (<c>lm_head</c>) may be named too; the one word <c>all-linear</c> stands for all linear layers but the head.
    /// Default null: PEFT's choice for the architecture (<c>c_attn</c> for GPT-2, <c>q_proj</c> and <c>v_proj</c> for Llama, Mistral, Qwen2 and Qwen3, <c>query_key_value</c> for GPT-NeoX, <c>query</c> and <c>value</c> for BERT).
    /// </summary>
    public IReadOnlyList<string>? TargetModules { get; set; }

    /// <summary>Gets or sets whether to use rank-stabilised LoRA (Kalajdzievski 2023): s = alpha / sqrt(r). Default false.</summary>
    public bool RankStabilized { get; set; }

    /// <summary>
    /// Gets or sets ranks of single layers, by regular expressions that match the end of their names, from a point or the beginning on: <c>v_proj</c>, <c>layers\.0\..*</c>. The first that matches counts;
    /// layers that none matches have <see cref="Rank"/>. Default null: none. Each 1..65536.
    /// </summary>
    public IReadOnlyDictionary<string, int>? RankPattern { get; set; }

    /// <summary>Gets or sets values of <see cref="Alpha"/> for single layers, by regular expressions as in <see cref="RankPattern"/>, which do not depend on it. Default null: none. Each above 0.</summary>
    public IReadOnlyDictionary<string, double>? AlphaPattern { get; set; }

    /// <summary>
    /// Gets or sets whether to train the lengths of the rows of W + s B A apart from their directions (DoRA, Liu et al. 2024). Default false. It often does better at low ranks and makes steps slower;
    /// merged it costs nothing. Tables of embeddings cannot be adapted with it.
    /// </summary>
    public bool UseDora { get; set; }

    /// <summary>Gets or sets which biases are trained as well. Default <see cref="LoraBias.None"/>. They take the place of the base's, which come back when the adapter is taken away.</summary>
    public LoraBias Bias { get; set; }

    /// <summary>
    /// Gets or sets modules that are trained whole and kept with the adapter, by their names or the ends of these: <c>ln_f</c>, <c>embed_tokens</c>, <c>lm_head</c>. Default null: none.
    /// Where head and embedding are one matrix, naming either makes two of it: the other keeps the base's values.
    /// </summary>
    public IReadOnlyList<string>? ModulesToSave { get; set; }

    /// <summary>Gets or sets what files of a model that was trained with this adapter hold. Default <see cref="AdapterSaving.Everything"/>.</summary>
    [OutsideTheRun]
    public AdapterSaving Saving { get; set; } = AdapterSaving.Everything;

    /// <summary>What B A x is multiplied by where no pattern says otherwise.</summary>
    internal double Scale => ScaleBy(Alpha, Rank);

    /// <summary>The rank of a module.</summary>
    internal int RankOf(string module) => NameExpression.First(RankPattern, module) ?? Rank;

    /// <summary>What B A x of a module is multiplied by.</summary>
    internal double ScaleOf(string module) => ScaleBy(NameExpression.First(AlphaPattern, module) ?? Alpha, RankOf(module));

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public LoraOptions Clone()
    {
        var copy = (LoraOptions)MemberwiseClone();
        copy.TargetModules = TargetModules is null ? null : [.. TargetModules];
        copy.ModulesToSave = ModulesToSave is null ? null : [.. ModulesToSave];
        copy.RankPattern = RankPattern is null ? null : new OrderedDictionary<string, int>(RankPattern);
        copy.AlphaPattern = AlphaPattern is null ? null : new OrderedDictionary<string, double>(AlphaPattern);
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
        require.That(RankPattern?.Values.All(rank => rank is >= 1 and <= MaxRank) ?? true, "out of range in one entry", FormattableString.Invariant($"ranks from 1 to {MaxRank}"), nameof(RankPattern));
        require.That(AlphaPattern?.Values.All(alpha => alpha > 0 && double.IsFinite(alpha)) ?? true, "out of range in one entry", "finite numbers above 0", nameof(AlphaPattern));
        require.That(RankPattern?.Keys.All(NameExpression.IsValid) ?? true, "no regular expression in one entry", "regular expressions that match the ends of layers' names", nameof(RankPattern));
        require.That(AlphaPattern?.Keys.All(NameExpression.IsValid) ?? true, "no regular expression in one entry", "regular expressions that match the ends of layers' names", nameof(AlphaPattern));
        require.Defined(Bias);
        require.That(ModulesToSave?.All(name => !string.IsNullOrWhiteSpace(name)) ?? true, "blank in one entry", "names of modules, none of them blank", nameof(ModulesToSave));
        require.Defined(Saving);
    }

    /// <summary>Whether an adapter of these options computes the same with the same matrices, wherever it sits.</summary>
    internal bool AgreesWith(LoraOptions other) =>
        Rank == other.Rank && Scale.Equals(other.Scale) && Dropout.Equals(other.Dropout) && UseDora == other.UseDora && Bias == other.Bias
        && AreSame(RankPattern, other.RankPattern) && AreSame(AlphaPattern, other.AlphaPattern)
        && (ModulesToSave ?? []).ToHashSet().SetEquals(other.ModulesToSave ?? []);

    private static bool AreSame<T>(IReadOnlyDictionary<string, T>? left, IReadOnlyDictionary<string, T>? right) =>
        (left ?? new Dictionary<string, T>()).SequenceEqual(right ?? new Dictionary<string, T>());

    private double ScaleBy(double alpha, int rank) => alpha / (RankStabilized ? Math.Sqrt(rank) : rank);
}
