using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Geometry;

/// <summary>A backbone without attention: each layer pulls the token embeddings further towards one direction; it tells what it was given.</summary>
internal sealed class FakeBackbone : CausalLMBackbone
{
    private readonly TorchSharp.Modules.Embedding _embedding;
    private readonly TorchSharp.Modules.Dropout _dropout = nn.Dropout(0.5);

    public FakeBackbone(int layers = 3, int context = 16)
        : base(new BackboneInfo("fake", 20, 6, layers, context, null, null, null))
    {
        using var generator = new Generator(8);
        _embedding = nn.Embedding_from_pretrained(randn([20, 6], generator: generator), freeze: false);
        RegisterComponents();
    }

    public List<long[]> Inputs { get; } = [];

    public bool SawTraining { get; private set; }

    public bool SawGradients { get; private set; }

    public int? BreakTextAt { get; set; }

    public TorchSharp.Modules.Dropout Dropout => _dropout;

    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates)
    {
        Inputs.Add([.. inputIds.data<long>()]);
        SawTraining |= training || _dropout.training;
        SawGradients |= is_grad_enabled();
        Tensor embedded = _embedding.forward(inputIds);
        Tensor?[] states = [.. Enumerable.Range(0, Info.LayerCount + 1).Select(i => hiddenStates.Includes(i) ? State(embedded, i) : null)];
        return new BackboneOutput(State(embedded, Info.LayerCount), states);
    }

    public Tensor State(Tensor embedded, int layer) =>
        embedded + (Inputs.Count - 1 == BreakTextAt && layer == 2 ? double.NaN : layer);

    public Tensor Embed(params long[] ids) => _embedding.forward(tensor(ids));

    public override Tensor Logits(Tensor lastHiddenState) => lastHiddenState;
}
