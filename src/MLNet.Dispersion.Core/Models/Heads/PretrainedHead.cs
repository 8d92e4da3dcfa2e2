using System.Text.Json.Nodes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A family's own head for a task, as Hugging Face's classes have it: it came with a model's files, or with those of an adapter, or was made anew.</summary>
/// <remarks>
/// It computes logits; what becomes of them, a loss or probabilities, is the caller's. In evaluation mode several threads may use it. It belongs to the model whose network it stands on, and lives as long.
/// </remarks>
public sealed class PretrainedHead : IDisposable
{
    private const double InitializerRange = 0.02;
    private const string Tie = "tie_word_embeddings";
    private readonly LanguageBackbone _backbone;
    private readonly HeadNetwork _network;

    /// <summary>Takes the layers, which it then owns.</summary>
    internal PretrainedHead(LanguageBackbone backbone, HeadSpec spec, HeadNetwork network, HeadLabels labels)
    {
        (_backbone, Spec, _network, LabelsAndProblem) = (backbone, spec, network, labels);
        foreach (var (_, parameter) in network.named_parameters())
        {
            parameter.DetachFromDisposeScope();
        }
    }

    /// <summary>Gets what it is for.</summary>
    public HeadTask Task => Spec.Task;

    /// <summary>Gets what the numbers of a text mean; null where it gives none for whole texts.</summary>
    public ProblemType? ProblemType => LabelsAndProblem.Problem;

    /// <summary>Gets the names of the numbers that it gives, by their ids, as config.json's <c>id2label</c> has them (<c>LABEL_0</c>, … where it has none); empty for spans and masked tokens.</summary>
    public IReadOnlyList<string> Labels => LabelsAndProblem.Names;

    /// <summary>Gets the numbers for each text, or for each token (K).</summary>
    public int OutputCount => (int)_network.Outputs;

    /// <summary>Gets how it is made.</summary>
    public HeadSpec Spec { get; }

    /// <summary>Names and meaning of its numbers.</summary>
    internal HeadLabels LabelsAndProblem { get; private set; }

    /// <summary>Gets its weights, by their names in the files; they stay the head's. A last layer that is the token embedding is not among them.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> Parameters => _network.named_parameters();

    /// <summary>The last layer; null where it is the token embedding.</summary>
    internal ProjectionLayer? Last => _network.Last;

    /// <summary>Computes logits from the final hidden states of whole sequences.</summary>
    /// <param name="lastHiddenState">The final states, <c>[B, L, F]</c>, float32.</param>
    /// <param name="inputIds">The token ids that went in, <c>[B, L]</c>, int64: decoders read the last one that is not the padding token.</param>
    /// <param name="attentionMask">Which of them are real, <c>[B, L]</c>, bool, padding on either side; null when all are.</param>
    /// <returns><c>[B, K]</c> for whole texts, else <c>[B, L, K]</c> (spans: start and end), float32, in the caller's dispose scope. What stands at padding means nothing.</returns>
    public Tensor Outputs(Tensor lastHiddenState, Tensor inputIds, Tensor? attentionMask)
    {
        ArgumentNullException.ThrowIfNull(lastHiddenState);
        ArgumentNullException.ThrowIfNull(inputIds);
        using var scope = NewDisposeScope();
        return _network.Forward(Read(lastHiddenState, inputIds, attentionMask)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    /// <summary>Computes logits of texts padded on the right.</summary>
    /// <param name="lastHiddenState"><c>[B, L, F]</c>, float32.</param>
    /// <param name="lengths">Tokens of each row that count: a decoder's without padding tokens at the end.</param>
    internal Tensor Outputs(Tensor lastHiddenState, IReadOnlyList<int> lengths)
    {
        using var scope = NewDisposeScope();
        long columns = lastHiddenState.shape[1];
        Tensor counts = tensor([.. lengths.Select(length => (long)length)], device: lastHiddenState.device).unsqueeze(1);
        Tensor mask = TensorNumbers.Range(columns, lastHiddenState.device).unsqueeze(0).lt(counts);
        Tensor read = Spec.Reading == HeadReading.LastToken ? TokenPooling.At(lastHiddenState, counts.squeeze(1).Shifted(-1)) : Read(lastHiddenState, counts, mask);
        return _network.Forward(read).MoveToOuterDisposeScope();
    }

    /// <summary>A sequence without the padding tokens at its end where the head would not read them, as Hugging Face's library does not; at least its first token.</summary>
    internal int[] Trimmed(int[] sequence)
    {
        if (Spec.Reading != HeadReading.LastToken || _backbone.Info.PadTokenId is not { } pad)
        {
            return sequence;
        }

        int length = sequence.AsSpan().LastIndexOfAnyExcept(pad) + 1;
        return length == sequence.Length ? sequence : sequence[..Math.Max(length, 1)];
    }

    /// <summary>Puts its numbers into another order, and names them by it.</summary>
    /// <param name="labels">The same labels, in the new order.</param>
    internal void Reorder(IReadOnlyList<string> labels)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        List<string> former = [.. Labels];
        Tensor rows = tensor([.. labels.Select(label => (long)former.IndexOf(label))], device: _network.Last!.Weight.device);
        foreach (Parameter parameter in new[] { _network.Last.Weight, _network.Last.Bias }.OfType<Parameter>())
        {
            parameter.copy_(parameter.index_select(0, rows));
        }

        LabelsAndProblem = LabelsAndProblem with { Names = [.. labels] };
    }

    /// <summary>Makes its last layer give <c>factor</c> times its numbers, plus <c>shift</c>.</summary>
    /// <param name="factor">Above 0.</param>
    /// <param name="shift">0 where the last layer has no bias.</param>
    internal void Rescale(double factor, double shift)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        ProjectionLayer last = _network.Last!;
        last.Weight.copy_(last.Weight.Times(factor));
        last.Bias?.copy_(last.Bias.Times(factor).Plus(shift));
    }

    /// <summary>The same head under other labels, to be saved; its weights stay this one's.</summary>
    internal PretrainedHead Named(HeadLabels labels) => new(_backbone, Spec, _network, labels);

    /// <summary>A head of the family's own kind that does what a linear layer does: <c>factor (W s) + shift</c>.</summary>
    /// <param name="backbone">The network.</param>
    /// <param name="labels">Names and meaning of the numbers.</param>
    /// <param name="weight">W, <c>[K, F]</c>.</param>
    /// <param name="reading">What the layer reads; null where no family's head reads so.</param>
    /// <param name="pooling">The same in the caller's words.</param>
    /// <param name="factor">Above 0.</param>
    /// <param name="shift">Any number.</param>
    /// <exception cref="NotSupportedException">The family's head is of another kind; the message says which.</exception>
    internal static PretrainedHead OfLinear(LanguageBackbone backbone, HeadLabels labels, Tensor weight, HeadReading? reading, TextPooling pooling, double factor, double shift)
    {
        HeadSpec spec = SequenceHead(backbone);
        string family = HeadClasses.Of(spec, backbone.FamilyName!);
        if (spec.Layers.Count > 0 || spec.Reading != reading)
        {
            string layers = spec.Layers.Count > 0 ? $" through {string.Join(", ", spec.Layers.Select(layer => layer.Name))}" : "";
            throw new NotSupportedException($"The model's head is one linear layer behind the pooling {pooling}; {family} reads {spec.Reading}{layers}. Train with FineTuneOptions.HeadStart = HeadStart.Family to save for Hugging Face's library.");
        }

        if (shift != 0 && !spec.HasBias)
        {
            throw new NotSupportedException(FormattableString.Invariant($"The model's predictions are shifted by the mean of the training labels, {shift}, and the head of {family} has no bias that could hold it. Train with FineTuneOptions.HeadStart = HeadStart.Family, or on labels less their mean."));
        }

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var network = new HeadNetwork(backbone, spec, weight.shape[0], isTied: false);
        network.to(weight.device);
        network.Last!.Weight.copy_(weight.Times(factor));
        network.Last.Bias?.FillInPlace(shift);
        return new PretrainedHead(backbone, spec, network, labels);
    }

    /// <summary>A family's own head for whole texts, its weights drawn as Hugging Face's library draws them.</summary>
    /// <param name="backbone">The network.</param>
    /// <param name="labels">Names of the numbers that it gives, and what they mean.</param>
    /// <param name="seed">Decides the weights.</param>
    /// <exception cref="NotSupportedException">The family has none, or it needs a pooler that the files did not hold.</exception>
    internal static PretrainedHead Create(LanguageBackbone backbone, HeadLabels labels, int seed) => Create(backbone, SequenceHead(backbone), labels, labels.Names.Count, seed);

    /// <summary>A head of random weights for any task; one of masked tokens is tied to the token embedding.</summary>
    internal static PretrainedHead Create(LanguageBackbone backbone, HeadSpec spec, HeadLabels labels, int outputs, int seed)
    {
        RequirePooler(backbone, spec, problem => new NotSupportedException(problem));
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var generator = SeedStream.TorchGenerator(seed, SeedStream.Head, CPU);
        var network = new HeadNetwork(backbone, spec, outputs, isTied: spec.Task == HeadTask.MaskedTokens);
        foreach (var (name, parameter) in network.named_parameters())
        {
            if (parameter.dim() >= 2)
            {
                parameter.normal_(0, InitializerRange, generator);
            }
            else
            {
                parameter.FillInPlace(name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0);
            }
        }

        network.to(backbone.parameters().First().device);
        return new PretrainedHead(backbone, spec, network, labels);
    }

    private static HeadSpec SequenceHead(LanguageBackbone backbone) => backbone.Heads.FirstOrDefault(head => head.Task == HeadTask.Sequence)
        ?? throw new NotSupportedException($"No classifier of texts of Hugging Face's library is known for {backbone.Info.ModelType}, so that there is no head of the family's own.");

    /// <summary>Writes into a config.json what stands on the network.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="family">The family's own class, such as <c>BertModel</c>; null where it is unknown.</param>
    internal void Write(JsonObject config, string? family)
    {
        if (family is not null)
        {
            config["architectures"] = new JsonArray(HeadClasses.Of(Spec, family));
        }

        // Read again with the embedding tied, a head of its own would be taken for a copy of it by Hugging Face's library; and without, a tied one would be missed.
        if (Task == HeadTask.MaskedTokens && (!_network.IsTied || config[Tie] is not null))
        {
            config[Tie] = _network.IsTied;
        }

        LabelsAndProblem.Write(config);
    }

    /// <summary>Refuses a head on a pooler where there is none.</summary>
    internal static void RequirePooler(LanguageBackbone backbone, HeadSpec spec, Func<string, Exception> wrong)
    {
        if (spec.Reading == HeadReading.Pooler && !backbone.HasPooler)
        {
            throw wrong($"The head '{spec.Output}' of {backbone.Info.ModelType} reads the network's pooler, which the files do not hold.");
        }
    }

    private Tensor Read(Tensor states, Tensor inputIds, Tensor? mask) => Spec.Reading switch
    {
        HeadReading.EachToken => states,
        HeadReading.LastToken => TokenPooling.At(states, LastToken(inputIds, mask)),
        HeadReading.FirstToken => TokenPooling.Pooled(states, mask, TextPooling.FirstToken),
        HeadReading.Pooler => _backbone.Pooled(TokenPooling.Pooled(states, mask, TextPooling.FirstToken)),
        HeadReading.Mean => TokenPooling.Pooled(states, mask, TextPooling.Mean),
        _ => throw new NotSupportedException($"No head reads {Spec.Reading}."),
    };

    /// <summary>By the ids, as Hugging Face's library does it, and by the mask, since padding here need not have the padding token's id. A row of nothing else is read at its first column, as there.</summary>
    private Tensor LastToken(Tensor inputIds, Tensor? mask)
    {
        Tensor? counted = _backbone.Info.PadTokenId is { } pad ? inputIds.Is(pad).logical_not() : null;
        counted = counted is null ? mask : mask is null ? counted : counted.logical_and(mask);
        Tensor columns = TensorNumbers.Range(inputIds.shape[1], inputIds.device);
        return counted is null ? columns.select(0, inputIds.shape[1] - 1).expand(inputIds.shape[0]) : columns.mul(counted.to(ScalarType.Int64)).argmax(1);
    }
}
