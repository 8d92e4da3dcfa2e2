namespace MLNet.Dispersion;

/// <summary>A width of vectors, so that each loop is written once and runs with the widest that the processor has.</summary>
/// <typeparam name="TVector">The vector of float32 numbers.</typeparam>
internal unsafe interface IWide<TVector>
    where TVector : unmanaged
{
    /// <summary>Numbers of a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Numbers from memory.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Bfloat16 numbers from memory, widened.</summary>
    static abstract TVector Load(ushort* source);

    /// <summary>Numbers into memory.</summary>
    static abstract void Store(TVector numbers, float* target);

    /// <summary>One number in all places.</summary>
    static abstract TVector All(float number);

    /// <summary>a b + c, rounded once where the processor does.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a / b.</summary>
    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>The larger of each two; NaN where there is one.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>The smaller of each two; NaN where there is one.</summary>
    static abstract TVector Min(TVector a, TVector b);

    /// <summary>The nearest whole numbers.</summary>
    static abstract TVector Round(TVector numbers);

    /// <summary>Numbers without their signs.</summary>
    static abstract TVector Abs(TVector numbers);

    /// <summary>a where the sign of <paramref name="sign"/> is not set, else b.</summary>
    static abstract TVector BySign(TVector sign, TVector a, TVector b);

    /// <summary>Numbers times 2 to whole powers from -126 to 127.</summary>
    static abstract TVector Scale(TVector numbers, TVector powers);

    /// <summary>The sum of all places.</summary>
    static abstract float Sum(TVector numbers);
}
