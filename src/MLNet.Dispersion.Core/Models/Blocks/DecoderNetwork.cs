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
    internal override BackboneOutput ForwardPacked(Tensor inputIds, Tensor? attentionMask, PackedTexts texts, HiddenStateSelection hiddenStates)
    {
        CheckInput(inputIds, attentionMask);
        return _trunk.Forward(inputIds, attentionMask, tokenTypeIds: null, hiddenStates, texts);
    }

    /// <inheritdoc/>
    internal override bool ReadsPackedTexts => true;

    /// <inheritdoc/>
    public override Tensor Logits(Tensor lastHiddenState)
    {
        if (!PredictsTokens)
        {
            throw new NotSupportedException($"The files of this model, of type {Info.ModelType}, hold no language-model head: it gives hidden states, and what a task's head makes of them. Load the files of its causal language model.");
        }

        using var scope = NewDisposeScope();
        Tensor logits = Head is null ? _trunk.Tokens.Head(lastHiddenState) : Head.Forward(lastHiddenState).to(ScalarType.Float32);
        TransformerSpec spec = _architecture.Spec;
        logits = spec.LogitScale == 1 ? logits : logits.Times(spec.LogitScale);
        return (spec.LogitCap is { } cap ? logits.Over(cap).tanh().Times(cap) : logits).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override EmbeddingTable Tokens => _trunk.Tokens;

    /// <inheritdoc/>
    internal override bool PredictsTokens => _architecture.Spec.Head != HeadKind.None;

    /// <inheritdoc/>
    internal override IReadOnlyList<HeadSpec> Heads => _architecture.Heads;

    /// <inheritdoc/>
    internal override bool NeedsPaddingMask => false;

    /// <inheritdoc/>
    internal override Parameter? OwnHead => (_untied ? HeadInstead : _trunk.Head)?.Weight;

    /// <inheritdoc/>
    internal override string? TiedHeadName => _untied ? null : _trunk.TiedHeadName;

    /// <inheritdoc/>
    internal override string TableName => _trunk.TableName;

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
    protected internal override Tensor? HeadWeight => _architecture.Spec is { LogitScale: 1, LogitCap: null, HasHeadBias: false } && PredictsTokens ? HeadMatrix : null;

    /// <summary>What it is made of.</summary>
    internal TransformerTrunk Trunk => _trunk;

    /// <summary>The head; null where it is the token embedding.</summary>
    internal ProjectionLayer? Head
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

    private Parameter? HeadMatrix => !Context.Blocks.IsEmpty ? null : Head is { } head ? (head.Update is null ? head.Weight : null) : _trunk.Tokens.Update is { ReachesTheHead: true } ? null : _trunk.Tokens.Weight;

    /// <inheritdoc/>
    protected internal override string? ArchitectureName => PredictsTokens ? _architecture.Names.ArchitectureName : null;

    /// <inheritdoc/>
    internal override string? FamilyName => _architecture.Names.ArchitectureName;

    /// <inheritdoc/>
    internal override IReadOnlyDictionary<string, double> SavedNumbers => _architecture.SavedNumbers;

    /// <inheritdoc/>
    internal override int LongestSequence => _architecture.Spec.IsOpenEnded ? int.MaxValue : Info.ContextLength;

    /// <inheritdoc/>
    internal override KeyValueCache CreateCache(int rows, int capacity) => new(Info.LayerCount, rows, capacity, LongestSequence);

    /// <inheritdoc/>
    internal override bool KeepsStates => _trunk.ChangesBeyond is null && !_architecture.Spec.IsOpenEnded;

    /// <inheritdoc/>
    internal override Tensor Continue(KeyValueCache cache, Tensor inputIds, Tensor? attentionMask)
    {
        CheckInput(inputIds, attentionMask);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        CachedPass pass = cache.Begin((int)inputIds.shape[0], (int)inputIds.shape[1], RealColumns(attentionMask));
        Tensor states = _trunk.ChangesBeyond is { } bound ? ContinueAcross(cache, inputIds, attentionMask, pass, bound) : _trunk.Continue(inputIds, attentionMask, pass);
        if (_trunk.ChangesBeyond is null)
        {
            pass.Complete();
        }

        return states.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected internal override string ParameterName(string tensorName) => _trunk.ParameterName(tensorName);

    /// <inheritdoc/>
    public override Architecture Architecture => _architecture;

    /// <inheritdoc/>
    internal override string TensorName(string parameterName, HeadSpec? head) => _trunk.TensorName(parameterName, head);

    /// <inheritdoc/>
    internal override int? LayerOf(string parameterName) => _trunk.LayerOf(parameterName);

    /// <inheritdoc/>
    protected internal override bool IsIgnorable(string tensorName) => _trunk.IsIgnorable(tensorName);

    /// <inheritdoc/>
    protected internal override double InitializerScale(string parameterName) => _trunk.InitializerScale(parameterName);

    /// <summary>Which columns of each row are real; null when all are.</summary>
    private static bool[][]? RealColumns(Tensor? attentionMask)
    {
        if (attentionMask is null)
        {
            return null;
        }

        using Tensor host = attentionMask.cpu().contiguous();
        return [.. host.data<bool>().ToArray().Chunk((int)attentionMask.shape[1])];
    }

    /// <summary>Reads on where the states of earlier tokens change once a row is longer than a bound: all is then read again.</summary>
    private Tensor ContinueAcross(KeyValueCache cache, Tensor inputIds, Tensor? attentionMask, CachedPass pass, int bound)
    {
        bool crosses = pass.HasPast && cache.Lengths.Max() <= bound && pass.Longest > bound;
        bool[][] real = RealColumns(attentionMask) ?? [.. Enumerable.Range(0, (int)inputIds.shape[0]).Select(_ => Enumerable.Repeat(true, (int)inputIds.shape[1]).ToArray())];
        using Tensor host = inputIds.cpu().contiguous();
        long[][] ids = [.. host.data<long>().ToArray().Chunk((int)inputIds.shape[1])];
        IReadOnlyList<long[]> all = cache.Remember([.. ids.Select((row, i) => row.Where((_, column) => real[i][column]).ToArray())]);
        if (!crosses)
        {
            Tensor states = _trunk.Continue(inputIds, attentionMask, pass);
            pass.Complete();
            return states;
        }

        cache.Clear();
        int columns = all.Max(row => row.Length);
        long[] padded = [.. all.SelectMany(row => row.Concat(Enumerable.Repeat(0L, columns - row.Length)))];
        bool[][] seen = [.. all.Select(row => Enumerable.Range(0, columns).Select(column => column < row.Length).ToArray())];
        Tensor mask = tensor(seen.SelectMany(row => row).ToArray(), [all.Count, columns], device: inputIds.device);
        CachedPass again = cache.Begin(all.Count, columns, seen);
        Tensor whole = _trunk.Continue(tensor(padded, [all.Count, columns], device: inputIds.device), mask, again);
        again.Complete();

        // The states of the new tokens, in the columns in which they came; those of pads mean nothing.
        long[] places = [.. real.SelectMany((row, i) => Columns(row, all[i].Length - row.Count(isReal => isReal), i * columns))];
        return whole.flatten(0, 1).index_select(0, tensor(places, device: inputIds.device)).view(inputIds.shape[0], inputIds.shape[1], -1);
    }

    private static IEnumerable<long> Columns(bool[] real, int before, int start)
    {
        int next = before;
        foreach (bool isReal in real)
        {
            next += isReal ? 1 : 0;
            yield return start + Math.Max(next - 1, 0);
        }
    }
}
