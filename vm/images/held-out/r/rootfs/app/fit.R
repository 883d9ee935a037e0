points <- data.frame(x = 1:50)
points$y <- 3 * points$x + sin(points$x)
print(summary(lm(y ~ x, data = points)))
print(format(Sys.Date(), "%Y"))
