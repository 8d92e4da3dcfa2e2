namespace MLNet.Dispersion;

/// <summary>Options that check themselves. By this, options within options are known for what they are.</summary>
internal interface IOptions
{
    /// <summary>Checks every value.</summary>
    /// <param name="require">Names the options in errors.</param>
    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    void Check(Require require);
}
