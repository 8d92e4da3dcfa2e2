namespace MLNet.Dispersion.Models;

/// <summary>Says a network as the keys of a GGUF file do: the other way round of <see cref="GgufArchitectures"/>.</summary>
internal sealed class GgufModelKeys
{
    // Taken where a file does not say another one.
    private const double DefaultTheta = 10000;

    private static readonly Dictionary<string, (string Architecture, Action<GgufModelKeys>[] Keys)> Known = new(StringComparer.Ordinal)
    {
        ["bloom"] = ("bloom", [KeyHeads, LayerEpsilon]),
        ["gemma"] = ("gemma", [KeyHeads, RootMeanSquareEpsilon, HeadLengths]),
        ["gemma2"] = ("gemma2", [KeyHeads, RootMeanSquareEpsilon, HeadLengths, Window, Caps]),
        ["gemma3_text"] = ("gemma3", [KeyHeads, RootMeanSquareEpsilon, HeadLengths, Window, Theta, LocalTheta, Caps]),
        ["gpt2"] = ("gpt2", [LayerEpsilon]),
        ["gpt_neox"] = ("gptneox", [LayerEpsilon, Turned, Parallel]),
        ["granite"] = ("granite", [KeyHeads, RootMeanSquareEpsilon, Turned, Theta, Vocabulary, Multipliers]),
        ["llama"] = ("llama", [KeyHeads, RootMeanSquareEpsilon, HeadLengths, Turned, Theta, Vocabulary]),
        ["mistral"] = ("llama", [KeyHeads, RootMeanSquareEpsilon, HeadLengths, Turned, Theta, Vocabulary]),
        ["olmo2"] = ("olmo2", [KeyHeads, RootMeanSquareEpsilon, Theta]),
        ["phi"] = ("phi2", [KeyHeads, LayerEpsilon, Turned]),
        ["phi3"] = ("phi3", [KeyHeads, RootMeanSquareEpsilon, NoWindow, Turned, Theta, OriginalLength]),
        ["qwen2"] = ("qwen2", [KeyHeads, RootMeanSquareEpsilon, Theta]),
        ["qwen3"] = ("qwen3", [KeyHeads, RootMeanSquareEpsilon, HeadLengths, Theta]),
        ["smollm3"] = ("smollm3", [KeyHeads, RootMeanSquareEpsilon, Turned, Theta, Vocabulary]),
    };

    // Biases of queries, keys and values are read by these alone.
    private static readonly HashSet<string> WithBiases = new(["bloom", "gpt2", "gptneox", "llama", "phi2", "qwen2"], StringComparer.Ordinal);

    private readonly GgufMetadata _metadata;
    private readonly TransformerSpec _spec;

    private GgufModelKeys(GgufMetadata metadata, TransformerSpec spec, string architecture) => (_metadata, _spec, Architecture) = (metadata, spec, architecture);

    private string Architecture { get; }

    private AttentionSpec Attention => _spec.Block.Attention;

    // Layers without a window have the base that a file calls the model's.
    private RotarySpec? Rotary => Layers.OrderBy(attention => attention.Window is null ? 0 : 1).Select(attention => attention.Rotary).FirstOrDefault(rotary => rotary is not null);

    private IEnumerable<AttentionSpec> Layers => Enumerable.Range(0, _spec.LayerCount).Select(layer => _spec.BlockOf(layer).Attention);

    /// <summary>The families that can be written.</summary>
    internal static IEnumerable<string> Families => Known.Keys;

    /// <summary>What GGUF calls a family's architecture; null where it is not written.</summary>
    internal static string? ArchitectureOf(string family) => Known.TryGetValue(family, out var known) ? known.Architecture : null;

    /// <summary>Adds the keys that say the network.</summary>
    /// <param name="metadata">The keys.</param>
    /// <param name="family">One of <see cref="Families"/>.</param>
    /// <param name="spec">The network.</param>
    /// <exception cref="NotSupportedException">llama.cpp has no place for a part of it.</exception>
    internal static void Add(GgufMetadata metadata, string family, TransformerSpec spec)
    {
        var (architecture, keys) = Known[family];
        new GgufModelKeys(metadata, spec, architecture).Add(keys);
    }

    private void Add(Action<GgufModelKeys>[] keys)
    {
        if (Attention.HasInputBias && !WithBiases.Contains(Architecture))
        {
            throw new NotSupportedException($"llama.cpp has no biases of queries, keys and values in the architecture {Architecture}");
        }

        Whole("block_count", _spec.LayerCount);
        Whole("context_length", _spec.ContextLength);
        Whole("embedding_length", _spec.HiddenSize);
        Whole("feed_forward_length", _spec.Block.Mlp.InnerSize);
        Whole("attention.head_count", Attention.HeadCount);
        foreach (Action<GgufModelKeys> key in keys)
        {
            key(this);
        }

        if (Attention.HeadSize * Attention.HeadCount != _spec.HiddenSize && !_metadata.Has(Own("attention.key_length")))
        {
            HeadLengths(this);
        }

        if (Rotary is { } rotary)
        {
            if (rotary.Theta != DefaultTheta && !_metadata.Has(Own("rope.freq_base")))
            {
                Theta(this);
            }

            Scaling(rotary.Scaling);
        }
    }

    private void Scaling(RopeScaling? scaling)
    {
        switch (scaling)
        {
            case LinearRopeScaling linear:
                Text("rope.scaling.type", "linear");
                Number("rope.scaling.factor", linear.Factor);
                break;
            case YarnRopeScaling yarn:
                Text("rope.scaling.type", "yarn");
                Number("rope.scaling.factor", yarn.Factor);
                if (!_metadata.Has(Own("rope.scaling.original_context_length")))
                {
                    Whole("rope.scaling.original_context_length", yarn.OriginalContextLength);
                }

                break;
        }
    }

    private static void KeyHeads(GgufModelKeys keys) => keys.Whole("attention.head_count_kv", keys.Attention.KeyHeadCount);

    private static void LayerEpsilon(GgufModelKeys keys) => keys.Number("attention.layer_norm_epsilon", keys._spec.Block.Norm.Epsilon);

    private static void RootMeanSquareEpsilon(GgufModelKeys keys) => keys.Number("attention.layer_norm_rms_epsilon", keys._spec.Block.Norm.Epsilon);

    private static void HeadLengths(GgufModelKeys keys)
    {
        keys.Whole("attention.key_length", keys.Attention.HeadSize);
        keys.Whole("attention.value_length", keys.Attention.HeadSize);
    }

    private static void Turned(GgufModelKeys keys) => keys.Whole("rope.dimension_count", keys.Rotary?.Dimensions ?? keys.Attention.HeadSize);

    private static void Theta(GgufModelKeys keys) => keys.Number("rope.freq_base", keys.Rotary?.Theta ?? DefaultTheta);

    private static void LocalTheta(GgufModelKeys keys) => keys.Number("rope.freq_base_swa", keys.Layers.FirstOrDefault(attention => attention.Window is not null)?.Rotary?.Theta ?? DefaultTheta);

    private static void Vocabulary(GgufModelKeys keys) => keys.Whole("vocab_size", keys._spec.VocabularySize);

    private static void Window(GgufModelKeys keys) => keys.Whole("attention.sliding_window", keys.Layers.Select(attention => attention.Window).FirstOrDefault(window => window is not null) ?? keys._spec.ContextLength);

    // llama.cpp reads a window here, and computes without it.
    private static void NoWindow(GgufModelKeys keys) => keys.Whole("attention.sliding_window", 0);

    private static void OriginalLength(GgufModelKeys keys) => keys.Whole("rope.scaling.original_context_length", keys._spec.ContextLength);

    private static void Parallel(GgufModelKeys keys) => keys.Flag("use_parallel_residual", keys._spec.Block.Order == BlockOrder.Parallel);

    private static void Caps(GgufModelKeys keys)
    {
        keys.NumberOrNone("attn_logit_softcapping", keys.Attention.ScoreCap);
        keys.NumberOrNone("final_logit_softcapping", keys._spec.LogitCap);
    }

    private static void Multipliers(GgufModelKeys keys)
    {
        keys.Number("attention.scale", keys.Attention.Scale ?? (1 / Math.Sqrt(keys.Attention.HeadSize)));
        keys.Number("embedding_scale", keys._spec.Embedding.Scale);
        keys.Number("residual_scale", keys._spec.Block.BranchScale);
        keys.Number("logit_scale", 1 / keys._spec.LogitScale);
    }

    private string Own(string key) => $"{Architecture}.{key}";

    private void Whole(string key, int value) => _metadata.Whole(Own(key), value);

    private void Number(string key, double value) => _metadata.Number(Own(key), value);

    private void NumberOrNone(string key, double? value)
    {
        if (value is { } number)
        {
            Number(key, number);
        }
    }

    private void Flag(string key, bool value) => _metadata.Flag(Own(key), value);

    private void Text(string key, string value) => _metadata.Text(Own(key), value);
}
