using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The network of every causal family: runs any spec, with keys and values kept where text is written.</summary>
internal sealed class DecoderNetwork : CausalLMBackbone
{
    private readonly Architecture _architecture;
    private readonly TransformerTrunk _trunk;
    private bool _untied;

    internal DecoderNetwork(Architecture architecture, BackboneInfo info)
        : base(info)
    {
        _architecture = architecture;
        _trunk = new TransformerTrunk(this, architecture);
    }

    /// <inheritdoc/>
    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates)
    {
        CheckInput(inputIds, attentionMask);
        return _trunk.Forward(inputIds, attentionMask, tokenTypeIds: null, hiddenStates);
    }

    /// <inheritdoc/>
    public override Tensor Logits(Tensor lastHiddenState)
    {
        using var scope = NewDisposeScope();
        Tensor logits = Head is null ? _trunk.Tokens.Head(lastHiddenState) : Head.Forward(lastHiddenState).to(ScalarType.Float32);
        double scale = _architecture.Spec.LogitScale;
        return (scale == 1 ? logits : logits.Times(scale)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override Parameter? TokenEmbeddingWeight => _trunk.Tokens.Weight;

    /// <inheritdoc/>
    internal override bool NeedsPaddingMask => false;

    /// <inheritdoc/>
    internal override Parameter? OwnHead => (_untied ? HeadInstead : _trunk.Head)?.Weight;

    /// <inheritdoc/>
    internal override string? TiedHeadName => _untied ? null : _trunk.TiedHeadName;

    /// <inheritdoc/>
    internal override void Untie()
    {
        _untied = true;
        _trunk.Register(HeadInstead!);
        if (Config is { } config)
        {
            config["tie_word_embeddings"] = false;
        }
    }

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> LoraTargets => _architecture.Names.LoraTargets;

    /// <inheritdoc/>
    protected internal override Tensor? HeadWeight => _architecture.Spec.LogitScale != 1 ? null : HeadMatrix;

    /// <summary>The head; null where it is the token embedding.</summary>
    private ProjectionLayer? Head
    {
        get
        {
            // It is no child of the network before it is untied for good, so nobody else tells it.
            if (HeadInstead is { } instead && instead.training != training)
            {
                instead.train(training);
            }

            return HeadInstead ?? _trunk.Head;
        }
    }

    private Parameter? HeadMatrix => Head is { } head ? (head.Update is null ? head.Weight : null) : _trunk.Tokens.Update is { ReachesTheHead: true } ? null : _trunk.Tokens.Weight;

    /// <inheritdoc/>
    protected internal override string? ArchitectureName => _architecture.Names.ArchitectureName;

    /// <inheritdoc/>
    internal override KeyValueCache CreateCache(int rows, int capacity) => new(Info.LayerCount, rows, capacity, Info.ContextLength);

    /// <inheritdoc/>
    internal override Tensor Continue(KeyValueCache cache, Tensor inputIds, Tensor? attentionMask)
    {
        CheckInput(inputIds, attentionMask);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        CachedPass pass = cache.Begin((int)inputIds.shape[0], (int)inputIds.shape[1], new CausalMask(attentionMask).Lengths);
        Tensor states = _trunk.Continue(inputIds, attentionMask, pass);
        pass.Complete();
        return states.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected internal override string ParameterName(string tensorName) => _trunk.ParameterName(tensorName);

    /// <inheritdoc/>
    protected internal override bool IsIgnorable(string tensorName) => _trunk.IsIgnorable(tensorName);

    /// <inheritdoc/>
    protected internal override double InitializerScale(string parameterName) => _trunk.InitializerScale(parameterName);
}
