using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A table of embeddings <c>[V, F]</c>, which may serve as the head as well.</summary>
internal sealed class EmbeddingTable : nn.Module
{
    private readonly ForwardContext _context;
    private readonly Parameter weight;
    private readonly long? _paddingRow;

    /// <summary>Makes the table.</summary>
    /// <param name="context">The network's.</param>
    /// <param name="rows">Rows (V).</param>
    /// <param name="features">Features of a row (F).</param>
    /// <param name="paddingRow">The row of pads, which reading it does not change in training mode; in evaluation mode its gradient is whole. Null for none.</param>
    internal EmbeddingTable(ForwardContext context, long rows, long features, long? paddingRow = null)
        : base(nameof(EmbeddingTable))
    {
        _context = context;
        _paddingRow = paddingRow;
        weight = new Parameter(empty(rows, features));
        RegisterComponents();
    }

    /// <summary>The table, <c>[V, F]</c>.</summary>
    internal Parameter Weight => weight;

    /// <summary>What an adapter changes of the rows in forward passes, or null.</summary>
    internal TableUpdate? Update { get; set; }

    /// <summary>Ids <c>[B, L]</c> to embeddings <c>[B, L, F]</c>, float32.</summary>
    internal Tensor Forward(Tensor ids) => Look(ids.flatten()).view(ids.shape[0], ids.shape[1], weight.shape[1]);

    /// <summary>The embeddings of a batch's tokens: in training with the noise that the context asks for.</summary>
    /// <param name="ids">Token ids, <c>[B, L]</c>.</param>
    /// <param name="mask">Which tokens are real, <c>[B, L]</c>, bool; null when all are.</param>
    internal Tensor ForwardTokens(Tensor ids, Tensor? mask)
    {
        Tensor embeddings = Forward(ids);
        return training && _context.EmbeddingNoise is { } noise ? noise.AddTo(embeddings, mask) : embeddings;
    }

    /// <summary>Rows that follow each other, <c>[count, F]</c>.</summary>
    internal Tensor Rows(long first, long count) => Update is null
        ? weight.narrow(0, first, count)
        : Look(TensorNumbers.Range(count, weight.device).Shifted(first));

    /// <summary>Logits by the table itself: <c>[..., F]</c> to <c>[..., V]</c>, float32. Reads the live weight, so a tied head never goes stale.</summary>
    internal Tensor Head(Tensor hidden)
    {
        Tensor narrow = _context.Cast(hidden);
        Tensor logits = _context.Linear(narrow, weight);
        return (Update is null ? logits : Update.ApplyToLogits(logits, narrow)).to(ScalarType.Float32);
    }

    private Tensor Look(Tensor ids)
    {
        Tensor rows = _context.Blocks.Of(weight) is { } blocks ? blocks.Values(ids) : EmbeddingLookup.Rows(weight, ids, training ? _paddingRow : null);
        return Update is null ? rows : Update.ApplyTo(rows, ids);
    }
}

/// <summary>What an adapter changes of a table's rows. Disposing frees what it holds.</summary>
internal abstract class TableUpdate : IDisposable
{
    /// <summary>Whether a head that is the table itself is changed with it.</summary>
    internal abstract bool ReachesTheHead { get; }

    /// <summary>The rows <c>[N, F]</c> that the table gives for ids <c>[N]</c>, changed.</summary>
    internal abstract Tensor ApplyTo(Tensor rows, Tensor ids);

    /// <summary>The logits <c>[..., V]</c> that the table gives for hidden states <c>[..., F]</c>, changed; both in the number type of products.</summary>
    internal virtual Tensor ApplyToLogits(Tensor logits, Tensor hidden) => logits;

    /// <summary>The table with the change in it; a new tensor on the table's device.</summary>
    internal abstract Tensor Merge(Tensor table);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>What LoRA adds to a table of embeddings: <c>s (B A)^T</c>. A head that is the same table keeps the table as it is.</summary>
internal sealed class LowRankTableUpdate : TableUpdate
{
    private readonly double _scale;

    /// <summary>Takes the matrices, which it then owns.</summary>
    /// <param name="down">A, <c>[r, V]</c>, float32.</param>
    /// <param name="up">B, <c>[F, r]</c>, float32.</param>
    /// <param name="scale">What the product is multiplied by.</param>
    internal LowRankTableUpdate(Tensor down, Tensor up, double scale)
    {
        _scale = scale;
        Down = new Parameter(down);
        Up = new Parameter(up);
        Down.DetachFromDisposeScope();
        Up.DetachFromDisposeScope();
    }

    /// <summary>A, <c>[r, V]</c>.</summary>
    internal Parameter Down { get; }

    /// <summary>B, <c>[F, r]</c>.</summary>
    internal Parameter Up { get; }

    /// <inheritdoc/>
    internal override bool ReachesTheHead => false;

    /// <inheritdoc/>
    internal override Tensor ApplyTo(Tensor rows, Tensor ids) => rows.Plus(nn.functional.linear(Down.index_select(1, ids).t(), Up).Times(_scale));

    /// <inheritdoc/>
    internal override Tensor Merge(Tensor table)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor update = LowRankUpdate.Wide(Up).mm(LowRankUpdate.Wide(Down)).Times(_scale);
        return LowRankUpdate.Wide(table).Plus(update.t()).to(table.dtype).contiguous().to(table.device, copy: true).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
    }
}

/// <summary>Rows that take the place of a table's own, for a few tokens. A head that is the same table has them too.</summary>
internal sealed class TokenRows : TableUpdate
{
    private readonly Tensor _ids;
    private readonly Tensor _slots;
    private readonly Tensor _isOwn;

    /// <summary>Takes the rows, which it then owns.</summary>
    /// <param name="ids">The tokens, each once and within the table.</param>
    /// <param name="rows">Their rows, <c>[n, F]</c>, float32.</param>
    /// <param name="vocabularySize">The table's rows (V).</param>
    internal TokenRows(IReadOnlyList<int> ids, Tensor rows, long vocabularySize)
    {
        using var noGradient = no_grad();
        long[] slots = new long[vocabularySize];
        bool[] isOwn = new bool[vocabularySize];
        for (int slot = 0; slot < ids.Count; slot++)
        {
            (slots[ids[slot]], isOwn[ids[slot]]) = (slot, true);
        }

        Rows = new Parameter(rows);
        Rows.DetachFromDisposeScope();
        long[] numbers = [.. ids.Select(id => (long)id)];
        _ids = tensor(numbers, device: Rows.device).DetachFromDisposeScope();
        _slots = tensor(slots, device: Rows.device).DetachFromDisposeScope();
        _isOwn = tensor(isOwn, device: Rows.device).DetachFromDisposeScope();
    }

    /// <summary>The rows, <c>[n, F]</c>.</summary>
    internal Parameter Rows { get; }

    /// <inheritdoc/>
    internal override bool ReachesTheHead => true;

    /// <inheritdoc/>
    internal override Tensor ApplyTo(Tensor rows, Tensor ids)
    {
        Tensor own = Rows.index_select(0, _slots.index_select(0, ids));
        return where(_isOwn.index_select(0, ids).unsqueeze(1), own, rows);
    }

    /// <inheritdoc/>
    internal override Tensor ApplyToLogits(Tensor logits, Tensor hidden) =>
        logits.index_copy(logits.dim() - 1, _ids, nn.functional.linear(hidden, Rows.to(hidden.dtype)));

    /// <inheritdoc/>
    internal override Tensor Merge(Tensor table)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return table.detach().index_copy(0, _ids, Rows.to(table.dtype)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Rows.Dispose();
        _ids.Dispose();
        _slots.Dispose();
        _isOwn.Dispose();
    }
}

/// <summary>Rows of an embedding table, whose backward pass adds to the rows that were read and touches no other.</summary>
/// <remarks>
/// Automatic differentiation would make a gradient as large as the table, nearly all zeros, and then add it to that of a tied head: for GPT-2 three passes over 154 MB a step.
/// Here the rows' gradients go straight into the table's <c>grad</c>. To that end the table is no input of the graph's node; what hangs the node into the graph is a number that nobody reads.
/// It can be differentiated once, and by <c>backward()</c> alone. Stateless, hence thread-safe.
/// </remarks>
internal sealed class EmbeddingLookup : autograd.SingleTensorFunction<EmbeddingLookup>
{
    private const string PaddingRow = "padding row";

    /// <inheritdoc/>
    public override string Name => nameof(EmbeddingLookup);

    /// <summary>The rows <c>[N, F]</c> of the ids <c>[N]</c>. Call it inside a dispose scope.</summary>
    /// <param name="table"><c>[V, F]</c>, a leaf.</param>
    /// <param name="ids">Int64.</param>
    /// <param name="paddingRow">A row that gets no gradient; null for none.</param>
    internal static Tensor Rows(Tensor table, Tensor ids, long? paddingRow = null) =>
        is_grad_enabled() && table.requires_grad ? apply(zeros(1).requires_grad_(), table, ids, paddingRow ?? -1) : table.index_select(0, ids);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (table, ids) = ((Tensor)vars[1], (Tensor)vars[2]);
        // In a box, since the graph would keep a tensor of its own; the table outlives the step anyway.
        ctx.save_data(nameof(table), new StrongBox<Tensor>(table));
        ctx.save_data(PaddingRow, (long)vars[3]);
        ctx.save_for_backward([ids]);
        using Tensor values = table.detach();
        return values.index_select(0, ids);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var table = ((StrongBox<Tensor>)ctx.get_data("table")).Value!;
        Tensor ids = ctx.get_saved_variables()[0];
        if (table.grad is null)
        {
            table.grad = zeros_like(table);
        }

        long paddingRow = (long)ctx.get_data(PaddingRow);
        table.grad!.AddRowsInPlace(ids, paddingRow < 0 ? grad_output : grad_output.Masked(ids.Is(paddingRow).unsqueeze(1), 0));
        GC.KeepAlive(grad_output);
        return [null!, null!, null!, null!];
    }
}
