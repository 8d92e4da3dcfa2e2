using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>AdamW with decoupled weight decay, as PyTorch defines it.</summary>
internal sealed class DecoupledAdamW(double beta1, double beta2, double epsilon) : TrainingOptimizer
{
    private protected override IReadOnlyList<(string Name, Tensor Value)> Remember(Parameter parameter) => [("exp_avg", zeros_like(parameter)), ("exp_avg_sq", zeros_like(parameter))];

    private protected override void Update(Slot slot, Tensor gradient, double gradientScale, double rate, int age)
    {
        Tensor first = slot.Memory[0].Value, second = slot.Memory[1].Value;
        double correction1 = 1 - Math.Pow(beta1, age);
        double correction2 = Math.Sqrt(1 - Math.Pow(beta2, age));
        double decay = 1 - (rate * slot.WeightDecay);
        if (AdamWKernel.Reaches(slot.Parameter, gradient, first, second))
        {
            var kernel = new AdamWKernel(beta1, beta2, epsilon, correction2, gradientScale);
            if (age == 1)
            {
                slot.Moved = AdamWKernel.NoneMoved(slot.Parameter);
            }

            kernel.Update(slot.Parameter, gradient, first, second, slot.Moved, decay, rate / correction1);
            return;
        }

        // In torch's own operations, for GPUs and other types.
        Tensor scaled = gradient.Times(gradientScale);
        slot.Parameter.TimesInPlace(decay);
        first.TimesInPlace(beta1).PlusInPlace(scaled, 1 - beta1);
        second.TimesInPlace(beta2).PlusProductInPlace(scaled, scaled, 1 - beta2);
        var denominator = second.sqrt().OverInPlace(correction2).PlusInPlace(epsilon);
        slot.Parameter.PlusQuotientInPlace(first, denominator, -rate / correction1);
    }
}
