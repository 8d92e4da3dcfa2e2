using System.Numerics;
using System.Runtime.CompilerServices;

namespace MLNet.Dispersion.Text;

/// <summary>Counts what a template takes, and stops it at the limits. One rendering, one thread.</summary>
internal sealed class JinjaMeter(ChatTemplateLimits limits, CancellationToken cancellation = default)
{
    private const int CharactersPerStep = 64;
    private const int BitsPerWord = 32;
    private const int WordsPerStep = 16;
    private const int StepsBetweenLooks = 4096;
    private long _steps;
    private long _nextLook = StepsBetweenLooks;
    private long _written;
    private int _depth;

    internal ChatTemplateLimits Limits { get; } = limits;

    /// <summary>Counts steps.</summary>
    internal void Step(long count = 1)
    {
        _steps += count;
        if (_steps >= _nextLook)
        {
            Look();
        }
    }

    /// <summary>Counts the reading of characters.</summary>
    internal void Read(int length) => Step((length / CharactersPerStep) + 1);

    /// <summary>Counts work with large whole numbers, which grows with the product of their lengths.</summary>
    internal void Calculate(BigInteger a, BigInteger b)
    {
        long words = a.GetBitLength() / BitsPerWord * (b.GetBitLength() / BitsPerWord);
        if (words > 0)
        {
            Step((words / WordsPerStep) + 1);
        }
    }

    /// <summary>Counts the spelling of a whole number in digits, which grows with the square of its length.</summary>
    internal void Spell(BigInteger number) => Calculate(number, number);

    /// <summary>Counts characters that are about to be written.</summary>
    internal void Write(long length)
    {
        _written += length;
        if (_written > Limits.MaxTextWritten)
        {
            throw TemplateFault.Limit(nameof(ChatTemplateLimits.MaxTextWritten), Limits.MaxTextWritten, "The template writes too much text");
        }

        Step((length / CharactersPerStep) + 1);
    }

    /// <summary>Counts items of a list that are about to be written.</summary>
    internal void WriteItems(long count) => Step(count + 1);

    /// <summary>Enters a nested value or call; <see cref="Leave"/> ends it, and is not needed after an error.</summary>
    internal void Enter()
    {
        if (++_depth > Limits.MaxDepth)
        {
            throw TemplateFault.Limit(nameof(ChatTemplateLimits.MaxDepth), Limits.MaxDepth, "The template nests too deep (calls within calls, or values within values)");
        }

        RequireStack();
    }

    internal void Leave() => _depth--;

    /// <summary>Fails, instead of the whole process, where the thread has little room left.</summary>
    internal void RequireStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TemplateFault.Limit(nameof(ChatTemplateLimits.MaxDepth), Limits.MaxDepth, "The template nests too deep for the stack of this thread");
        }
    }

    /// <summary>The length of a text about to be built, if it is within the limit.</summary>
    internal int Length(BigInteger length)
    {
        if (length > Limits.MaxOutputLength)
        {
            throw TooLong();
        }

        Write((long)length);
        return (int)length;
    }

    /// <summary>Counts what was added to a text that now has a length.</summary>
    internal void Grow(long length, int added)
    {
        if (length > Limits.MaxOutputLength)
        {
            throw TooLong();
        }

        Write(added);
    }

    private TemplateFault TooLong() => TemplateFault.Limit(nameof(ChatTemplateLimits.MaxOutputLength), Limits.MaxOutputLength, "The template makes a text that is too long");

    private void Look()
    {
        if (_steps > Limits.MaxSteps)
        {
            throw TemplateFault.Limit(nameof(ChatTemplateLimits.MaxSteps), Limits.MaxSteps, "The template takes too many steps");
        }

        cancellation.ThrowIfCancellationRequested();
        _nextLook = Math.Min(_steps + StepsBetweenLooks, Limits.MaxSteps + 1);
    }
}
