using TorchSharp.Modules;

namespace MLNet.Dispersion.Models;

/// <summary>A linear layer beside whose weight a low-rank update may be put.</summary>
internal interface IAdaptable
{
    /// <summary>The weight, a matrix.</summary>
    Parameter Weight { get; }

    /// <summary>What is added to the product, <c>[out]</c>; null where the layer has no bias.</summary>
    Parameter? Bias { get; }

    /// <summary>Whether the weight is stored <c>[in, out]</c> (PEFT: fan_in_fan_out) and not <c>[out, in]</c>.</summary>
    bool InputsFirst { get; }

    /// <summary>The update that takes part in forward passes, or null.</summary>
    LowRankUpdate? Update { get; set; }

    /// <summary>Features that go in.</summary>
    long Inputs => Weight.shape[InputsFirst ? 0 : 1];

    /// <summary>Features that come out.</summary>
    long Outputs => Weight.shape[InputsFirst ? 1 : 0];
}
