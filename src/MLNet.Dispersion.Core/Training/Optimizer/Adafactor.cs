using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Adafactor (Shazeer and Stern 2018, arXiv 1804.04235) at the schedule's rate: of matrices it keeps the squares' means by row and column alone. Weight decay is decoupled.</summary>
internal sealed class Adafactor : TrainingOptimizer
{
    private const double LeastSquare = 1e-30;
    private const double DecayPower = -0.8;
    private const double LargestUpdate = 1;

    private protected override IReadOnlyList<(string Name, Tensor Value)> Remember(Parameter parameter) => parameter.dim() >= 2
        ? [("exp_avg_sq_row", zeros_like(parameter).mean([-1])), ("exp_avg_sq_col", zeros_like(parameter).mean([-2]))]
        : [("exp_avg_sq", zeros_like(parameter))];

    private protected override void Update(Slot slot, Tensor gradient, double gradientScale, double rate, int age)
    {
        Tensor scaled = gradient.Times(gradientScale);
        Tensor squares = scaled.Squared().PlusInPlace(LeastSquare);
        double kept = 1 - Math.Pow(age, DecayPower);
        Tensor update = scaled.mul(InverseRoots(slot.Memory, squares, kept));
        double size = Math.Sqrt(update.Squared().mean().ToDouble());
        update.TimesInPlace(rate / Math.Max(1, size / LargestUpdate));
        slot.Parameter.TimesInPlace(1 - (rate * slot.WeightDecay)).PlusInPlace(update, -1);
    }

    /// <summary>One over the root of the squares' running means, of matrices as their rows and columns have it.</summary>
    private static Tensor InverseRoots(IReadOnlyList<(string Name, Tensor Value)> memory, Tensor squares, double kept)
    {
        if (memory is [var (_, all)])
        {
            return all.TimesInPlace(kept).PlusInPlace(squares, 1 - kept).rsqrt();
        }

        Tensor rows = memory[0].Value.TimesInPlace(kept).PlusInPlace(squares.mean([-1]), 1 - kept);
        Tensor columns = memory[1].Value.TimesInPlace(kept).PlusInPlace(squares.mean([-2]), 1 - kept);
        return rows.div(rows.mean([-1], keepdim: true)).rsqrt().unsqueeze(-1).mul(columns.unsqueeze(-2).rsqrt());
    }
}
