using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>The products of matrices of a text's forward pass and nothing else: those of every layer, and those of attention, head by head at once.</summary>
internal sealed class BareProducts : IDisposable
{
    private readonly IAdaptable[] _layers;
    private readonly AttentionSpec[] _attentions;
    private readonly Dictionary<long, Tensor> _inputs;
    private readonly Dictionary<AttentionSpec, Tensor> _heads;

    /// <summary>Of so many tokens.</summary>
    internal BareProducts(Subject subject, int tokens)
    {
        LanguageBackbone backbone = subject.Classifier.LanguageModel.Backbone;
        TransformerSpec spec = backbone.Architecture!.Spec;

        // A head that predicts tokens takes no part in scoring.
        _layers = [.. backbone.modules().OfType<IAdaptable>().Where(layer => layer.Outputs != spec.VocabularySize)];
        _attentions = [.. Enumerable.Range(0, spec.LayerCount).Select(layer => spec.BlockOf(layer).Attention)];
        _inputs = _layers.Select(layer => layer.Inputs).Distinct().ToDictionary(size => size, size => ones(tokens, size));
        _heads = _attentions.Distinct().ToDictionary(attention => attention, attention => ones(attention.HeadCount, tokens, attention.HeadSize));
    }

    /// <summary>Computes them all.</summary>
    public void Run()
    {
        using var noGradient = no_grad();
        foreach (IAdaptable layer in _layers)
        {
            using Tensor product = layer.InputsFirst ? _inputs[layer.Inputs].mm(layer.Weight) : nn.functional.linear(_inputs[layer.Inputs], layer.Weight);
        }

        foreach (AttentionSpec attention in _attentions)
        {
            using var scope = NewDisposeScope();
            Tensor heads = _heads[attention];
            heads.bmm(heads.transpose(1, 2)).bmm(heads);
        }
    }

    public void Dispose()
    {
        foreach (Tensor input in _inputs.Values.Concat(_heads.Values))
        {
            input.Dispose();
        }
    }
}
