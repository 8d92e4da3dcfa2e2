namespace MLNet.Dispersion.Models;

/// <summary>The function between the layers of a perceptron.</summary>
public enum Activation
{
    /// <summary>x times the normal distribution function of x.</summary>
    Gelu,

    /// <summary>Its approximation by a hyperbolic tangent (<c>gelu_new</c>, <c>gelu_fast</c>, <c>gelu_pytorch_tanh</c>).</summary>
    TanhGelu,

    /// <summary>x times its logistic function (SiLU, swish).</summary>
    Silu,

    /// <summary>x where it is above 0, else 0.</summary>
    Relu,

    /// <summary>The square of that (<c>relu2</c>).</summary>
    SquaredRelu,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,
}
