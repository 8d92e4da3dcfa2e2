using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts a class of some tokens of each row: cross-entropy, the mean over those tokens.</summary>
internal sealed class TokenObjective : TrainingObjective
{
    private readonly PretrainedHead _head;
    private readonly IReadOnlyList<TokenTarget[]> _targets;
    private readonly float[]? _classWeights;
    private readonly int _outside;
    private readonly double _smoothing;

    /// <param name="head">The head, with one output a class; stays the caller's.</param>
    /// <param name="targets">For each row the tokens that count.</param>
    /// <param name="outside">The class that is none of those looked for: rows of which it is the only one are a group of their own where rows are held out.</param>
    /// <param name="options">How to train: label smoothing and class weights.</param>
    /// <param name="rowWeights">How much each row counts; null where all count the same.</param>
    internal TokenObjective(PretrainedHead head, IReadOnlyList<TokenTarget[]> targets, int outside, FineTuneOptions options, IReadOnlyList<float>? rowWeights)
        : base(rowWeights)
    {
        (_head, _targets, _outside, _smoothing) = (head, targets, outside, options.LabelSmoothing);
        _classWeights = options.ClassWeights == ClassWeighting.Balanced ? Balanced() : null;
    }

    /// <inheritdoc/>
    public override string Name => "token classification";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => [.. _head.Parameters.Select(pair => pair.Parameter)];

    /// <inheritdoc/>
    public override int? TargetRows => _targets.Count;

    /// <inheritdoc/>
    public override int Group(int row) => _targets[row].Select(target => target.Class).FirstOrDefault(label => label != _outside, _outside);

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TargetBytes(int row) => MemoryMarshal.AsBytes(_targets[row].AsSpan());

    /// <inheritdoc/>
    public override void CheckOptions(FineTuneOptions options) => TeacherCheck.Refuse(options, Name);

    /// <inheritdoc/>
    public override double TargetWeight(TaskBatch batch) => batch.Rows.Sum(row => _targets[row].Sum(target => (double)Weight(row, target)));

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        (int Row, TokenTarget Target, int Place)[] counted =
            [.. batch.Rows.Index().SelectMany(row => _targets[row.Item].Select(target => (row.Item, target, (row.Index * batch.Tokens.Columns) + target.Position)))];
        Device device = inputIds.device;
        Tensor places = tensor([.. counted.Select(token => (long)token.Place)], device: device);
        Tensor labels = tensor([.. counted.Select(token => (long)token.Target.Class)], device: device);
        Tensor? weights = RowWeights is null && _classWeights is null ? null : tensor([.. counted.Select(token => Weight(token.Row, token.Target))], device: device);
        return ClassLoss(_head.Outputs(output.LastHiddenState, batch.Tokens.Lengths).flatten(0, 1).index_select(0, places), labels, _smoothing, weights);
    }

    private float Weight(int row, TokenTarget target) => (RowWeights?[row] ?? 1) * (_classWeights?[target.Class] ?? 1);

    /// <summary>By which all classes that occur count the same.</summary>
    private float[] Balanced()
    {
        Dictionary<int, int> counts = _targets.SelectMany(row => row).CountBy(target => target.Class).ToDictionary();
        return [.. Enumerable.Range(0, _head.OutputCount).Select(label => counts.TryGetValue(label, out int count) ? (float)(counts.Values.Sum() / ((double)counts.Count * count)) : 0)];
    }
}

/// <summary>A token that counts.</summary>
/// <param name="Position">Its place in the row.</param>
/// <param name="Class">Its class.</param>
internal readonly record struct TokenTarget(int Position, int Class);
