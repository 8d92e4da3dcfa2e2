using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The network of every family that reads both ways: runs any spec.</summary>
internal sealed class EncoderNetwork : LanguageBackbone
{
    private readonly Architecture _architecture;
    private readonly TransformerTrunk _trunk;

    internal EncoderNetwork(Architecture architecture, BackboneInfo info)
        : base(info)
    {
        _architecture = architecture;
        _trunk = new TransformerTrunk(this, architecture);
    }

    /// <inheritdoc/>
    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates) =>
        Forward(inputIds, attentionMask, tokenTypeIds: null, hiddenStates);

    /// <inheritdoc/>
    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, Tensor? tokenTypeIds, HiddenStateSelection hiddenStates)
    {
        CheckInput(inputIds, attentionMask);
        return _trunk.Forward(inputIds, attentionMask, tokenTypeIds, hiddenStates);
    }

    /// <summary>One vector for each text, <c>[B, F]</c>: what the spec says of the first token.</summary>
    public override Tensor Summary(Tensor lastHiddenState, IReadOnlyList<int> lengths)
    {
        if (_architecture.Spec.Summary == SummaryKind.LastToken)
        {
            return base.Summary(lastHiddenState, lengths);
        }

        using var scope = NewDisposeScope();
        return Pooled(lastHiddenState.select(1, 0)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override Tensor Pooled(Tensor first) => _trunk.Pooler is null ? first : _trunk.Pooler.Forward(first).to(ScalarType.Float32).tanh();

    /// <inheritdoc/>
    internal override EmbeddingTable Tokens => _trunk.Tokens;

    /// <inheritdoc/>
    internal override bool HasPooler => _trunk.Pooler is not null;

    /// <inheritdoc/>
    internal override IReadOnlyList<HeadSpec> Heads => _architecture.Heads;

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> LoraTargets => _architecture.Names.LoraTargets;

    /// <inheritdoc/>
    protected internal override string? ArchitectureName => _architecture.Names.ArchitectureName;

    /// <inheritdoc/>
    internal override IReadOnlyDictionary<string, double> SavedNumbers => _architecture.SavedNumbers;

    /// <inheritdoc/>
    public override Architecture Architecture => _architecture;

    /// <inheritdoc/>
    protected internal override string ParameterName(string tensorName) => _trunk.ParameterName(tensorName);

    /// <inheritdoc/>
    internal override string TensorName(string parameterName, HeadSpec? head) => _trunk.TensorName(parameterName, head);

    /// <inheritdoc/>
    internal override int? LayerOf(string parameterName) => _trunk.LayerOf(parameterName);

    /// <inheritdoc/>
    protected internal override bool IsIgnorable(string tensorName) => _trunk.IsIgnorable(tensorName);

    /// <inheritdoc/>
    protected internal override double InitializerScale(string parameterName) => _trunk.InitializerScale(parameterName);
}
