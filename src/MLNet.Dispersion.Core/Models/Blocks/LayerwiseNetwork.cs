using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The network of any spec without its blocks: these are made, filled, run over all texts and freed one after the other. What stands around them stays, but the token embedding, which is freed once all texts are embedded.</summary>
/// <remarks>On the CPU, in float32. The states are those of the whole network, bit for bit: the same operations on the same numbers. Runs once. Not thread-safe; the owner disposes it.</remarks>
internal sealed class LayerwiseNetwork : LanguageBackbone
{
    private readonly TransformerTrunk _trunk;

    internal LayerwiseNetwork(Architecture architecture, BackboneInfo info)
        : base(info)
    {
        _trunk = new TransformerTrunk(this, architecture, hasBlocks: false);
        Pieces = named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        eval();
    }

    /// <summary>Fills parameters, given by their names, with their weights.</summary>
    internal delegate void FillAction(IReadOnlyDictionary<string, Parameter> parameters);

    /// <summary>Looks at a hidden state <c>[n, F]</c> of a text, which is not kept.</summary>
    internal delegate void LookAction(int hiddenState, int text, Tensor state);

    /// <summary>The parameters around the blocks, by name.</summary>
    internal IReadOnlyDictionary<string, Parameter> Pieces { get; }

    /// <summary>The shapes of all parameters of the whole network, by name.</summary>
    internal Dictionary<string, long[]> Shapes()
    {
        var shapes = Pieces.ToDictionary(pair => pair.Key, pair => pair.Value.shape, StringComparer.Ordinal);
        for (int block = 0; block < _trunk.BlockCount; block++)
        {
            using var scope = NewDisposeScope();
            TransformerBlock made = _trunk.MakeBlock(block);
            foreach (var (name, parameter) in _trunk.ParametersOf(made, block))
            {
                shapes.Add(name, parameter.shape);
            }

            Free(made);
        }

        return shapes;
    }

    /// <summary>Runs texts, each alone, through all layers.</summary>
    /// <param name="texts">Token ids, <c>[1, n]</c>, int64.</param>
    /// <param name="fill">Gives weights.</param>
    /// <param name="look">Called for hidden states 0..N, each for all texts in turn.</param>
    internal void Run(IReadOnlyList<Tensor> texts, FillAction fill, LookAction look)
    {
        foreach (Tensor text in texts)
        {
            CheckInput(text, null);
        }

        using var noGradient = no_grad();
        using var all = NewDisposeScope();
        string[] unused = [.. new nn.Module?[] { _trunk.Head, _trunk.Pooler }.OfType<nn.Module>().SelectMany(NamesOf)];
        fill(Pieces.Where(pair => !unused.Contains(pair.Key)).ToDictionary());
        var states = new Tensor[texts.Count];
        for (int i = 0; i < states.Length; i++)
        {
            using var scope = NewDisposeScope();
            states[i] = _trunk.Embed(texts[i], null, null, _trunk.Around(texts[i], null, null).View).MoveToOuterDisposeScope();
            Look(look, 0, i, states[i]);
        }

        _trunk.Tokens.Dispose();
        for (int layer = 0; layer < _trunk.LayerCount; layer++)
        {
            RunLayer(layer, texts, states, fill, look);
        }

        for (int i = 0; i < states.Length; i++)
        {
            using var scope = NewDisposeScope();
            Look(look, _trunk.LayerCount, i, _trunk.Finish(states[i]));
        }
    }

    /// <inheritdoc/>
    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates) =>
        throw new NotSupportedException("A network whose layers are read one after the other cannot run a batch through all of them.");

    /// <inheritdoc/>
    internal override string? TiedHeadName => _trunk.TiedHeadName;

    /// <inheritdoc/>
    internal override string TableName => _trunk.TableName;

    /// <inheritdoc/>
    protected internal override string ParameterName(string tensorName) => _trunk.ParameterName(tensorName);

    /// <inheritdoc/>
    protected internal override bool IsIgnorable(string tensorName) => _trunk.IsIgnorable(tensorName);

    private static void Look(LookAction look, int hiddenState, int text, Tensor state)
    {
        using var scope = NewDisposeScope();
        look(hiddenState, text, state.squeeze(0));
    }

    private static void Free(TransformerBlock block)
    {
        foreach (var (_, piece) in block.Pieces)
        {
            (piece as IDisposable)?.Dispose();
        }
    }

    private IEnumerable<string> NamesOf(nn.Module module)
    {
        HashSet<Parameter> own = [.. module.parameters()];
        return Pieces.Where(pair => own.Contains(pair.Value)).Select(pair => pair.Key);
    }

    private void RunLayer(int layer, IReadOnlyList<Tensor> texts, Tensor[] states, FillAction fill, LookAction look)
    {
        using var outer = NewDisposeScope();
        int number = _trunk.BlockOf(layer);
        TransformerBlock block = _trunk.MakeBlock(number);
        try
        {
            foreach (var (_, piece) in block.Pieces)
            {
                (piece as nn.Module)?.eval();
            }

            fill(_trunk.ParametersOf(block, number));
            for (int i = 0; i < states.Length; i++)
            {
                using var scope = NewDisposeScope();
                Tensor next = _trunk.RunLayer(layer, block, states[i], null, _trunk.Around(texts[i], null, null)).MoveToOuterDisposeScope();
                states[i].Dispose();
                states[i] = next;
                if (layer + 1 < _trunk.LayerCount)
                {
                    Look(look, layer + 1, i, next);
                }
            }

            outer.MoveToOuter([.. states]);
        }
        finally
        {
            Free(block);
        }
    }
}
