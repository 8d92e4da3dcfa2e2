using System.Runtime.CompilerServices;

namespace MLNet.Dispersion;

/// <summary>Checks the values of one class of options; what is wrong is named with its value and its limit.</summary>
/// <param name="owner">The class, as errors call it.</param>
/// <param name="path">What leads to the options from there, with a point at its end; empty for the class itself.</param>
internal readonly struct Require(string owner, string path = "")
{
    /// <summary>Checks a value.</summary>
    /// <param name="good">Whether it is right.</param>
    /// <param name="value">The value, or what describes it.</param>
    /// <param name="rule">What it must be: the end of a sentence.</param>
    /// <param name="name">Its name; by default what stands for the value in the code.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not right.</exception>
    internal void That(bool good, object? value, string rule, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!good)
        {
            throw new ArgumentOutOfRangeException(path + name, value, FormattableString.Invariant($"{owner}.{path}{name} is {value}; it must be {rule}."));
        }
    }

    /// <summary>Checks a number, where there is one.</summary>
    /// <param name="value">The number, or null.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="addition">What is added to the rule.</param>
    /// <param name="name">Its name.</param>
    internal void AtLeast(int? value, int least, string addition = "", [CallerArgumentExpression(nameof(value))] string name = "") =>
        That(value is null || value >= least, value, FormattableString.Invariant($"at least {least}{addition}"), name);

    /// <summary>Checks that a number is finite and above 0.</summary>
    internal void Positive(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        That(value > 0 && double.IsFinite(value), value, "a finite number above 0", name);

    /// <summary>Checks that a number is finite and not negative.</summary>
    internal void NotNegative(double value, string addition = "", [CallerArgumentExpression(nameof(value))] string name = "") =>
        That(value >= 0 && double.IsFinite(value), value, "a finite number of at least 0" + addition, name);

    /// <summary>Checks that a value is one of its enumeration's.</summary>
    internal void Defined<T>(T value, string before = "", [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            That(false, value, $"{before}one of {string.Join(", ", Enum.GetNames<T>())}", name);
        }
    }

    /// <summary>Checks options, where there are any, under the name of this class.</summary>
    internal void Options(IOptions? options) => options?.Check(this);

    /// <summary>Checks options within these, where there are any.</summary>
    internal void Within(IOptions? options, [CallerArgumentExpression(nameof(options))] string name = "") => options?.Check(new Require(owner, $"{path}{name}."));
}
