using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Orders the documents of each query by their relevance: the losses of <see cref="RankingLosses"/>. A row is a query with all its documents, one pair of texts each.</summary>
public sealed class RankingObjective : TrainingObjective
{
    private readonly ScoreHead _head;
    private readonly RankingLoss _loss;
    private readonly float[][] _relevance;

    /// <summary>Creates the objective.</summary>
    /// <param name="head">The head, with one output; stays the caller's.</param>
    /// <param name="relevance">The relevance of each query's documents, each at least 0; copied.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="rowWeights">How much each query counts, at least 0; null (default) where all count the same. Copied.</param>
    public RankingObjective(ScoreHead head, IReadOnlyList<IReadOnlyList<float>> relevance, RankingLoss loss = RankingLoss.ListNet, IReadOnlyList<float>? rowWeights = null)
        : base(rowWeights)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(relevance);
        if (!Enum.IsDefined(loss))
        {
            throw new ArgumentOutOfRangeException(nameof(loss), loss, $"The loss must be one of {string.Join(", ", Enum.GetNames<RankingLoss>())}.");
        }

        (_head, _loss, _relevance) = (head, loss, [.. relevance.Select(query => query.ToArray())]);
    }

    /// <inheritdoc/>
    public override string Name => _loss switch
    {
        RankingLoss.ListNet => "text ranking by ListNet",
        RankingLoss.RankNet => "text ranking by RankNet",
        _ => "text ranking by LambdaRank",
    };

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => _head.Parameters;

    /// <inheritdoc/>
    public override int? TargetRows => _relevance.Length;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TargetBytes(int row) => MemoryMarshal.AsBytes(_relevance[row].AsSpan());

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor scores = _head.Outputs(backbone, output.LastHiddenState, batch.Tokens.Lengths).squeeze(1);
        var losses = new List<Tensor>();
        long start = 0;
        foreach (int row in batch.Rows)
        {
            int documents = _relevance[row].Length;
            Tensor own = Loss(scores.narrow(0, start, documents), tensor(_relevance[row], device: inputIds.device));
            losses.Add(RowWeights is { } weights ? own.Times(weights[row]) : own);
            start += documents;
        }

        return new TaskLoss { Sum = losses.Aggregate((left, right) => left.Plus(right)) };
    }

    private Tensor Loss(Tensor scores, Tensor relevance) => _loss switch
    {
        RankingLoss.ListNet => RankingLosses.ListNet(scores, relevance),
        RankingLoss.RankNet => RankingLosses.RankNet(scores, relevance),
        _ => RankingLosses.LambdaRank(scores, relevance),
    };
}
