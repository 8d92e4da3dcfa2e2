using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Activation checkpointing: a block that keeps its input alone and runs again in the backward pass.</summary>
/// <remarks>It can be differentiated once, by <c>backward()</c> alone: the block's weights get their gradients in its second run. Dropout draws the same masks again. Stateless, hence thread-safe.</remarks>
internal sealed class RecomputedBlock : autograd.SingleTensorFunction<RecomputedBlock>
{
    /// <inheritdoc/>
    public override string Name => nameof(RecomputedBlock);

    /// <summary>Runs the block. Tensors that it refers to must live until the backward pass. Call it inside a dispose scope.</summary>
    /// <param name="state">Its input; must want a gradient.</param>
    /// <param name="run">The block.</param>
    /// <param name="dropout">The generator that it draws from, or null.</param>
    internal static Tensor Run(Tensor state, Func<Tensor, Tensor> run, Generator? dropout) => apply(state, run, dropout!);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (state, run, dropout) = ((Tensor)vars[0], (Func<Tensor, Tensor>)vars[1], (Generator?)vars[2]);
        using var scope = NewDisposeScope();
        List<Tensor> kept = [state];
        if (dropout is not null)
        {
            kept.Add(dropout.get_state().MoveToOuterDisposeScope());
        }

        ctx.save_for_backward(kept);
        ctx.save_data(nameof(run), run);
        ctx.save_data(nameof(dropout), dropout!);
        using var noGradient = no_grad();
        return run(state).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var saved = ctx.get_saved_variables();
        var run = (Func<Tensor, Tensor>)ctx.get_data("run");
        var dropout = (Generator?)ctx.get_data("dropout");
        Tensor input = saved[0].detach().requires_grad_();
        using (new RewoundGenerator(dropout, saved.Count > 1 ? saved[1] : null))
        {
            run(input).backward([grad_output]);
        }

        Tensor result = input.grad!.MoveToOuterDisposeScope();
        GC.KeepAlive(grad_output);
        return [result, null!, null!];
    }
}
